import { readYaml } from '../source/read-yaml.ts'
import { nodeAt } from '../source/tree.ts'

/** The stages that a GitLab pipeline names itself; none where it leaves GitLab's own. */
export function stagesOf(text: string): readonly string[] {
  const { tree } = readYaml(text)
  const stages = tree === undefined ? undefined : nodeAt(tree, ['stages'])
  if (stages?.kind !== 'list') return []
  return stages.items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []))
}
