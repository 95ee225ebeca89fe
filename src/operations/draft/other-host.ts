import { type Fleet, each, hostNamed } from '../fleet.ts'
import type { World } from '../world.ts'

interface Wish {
  readonly name: string
  readonly reference: string
  readonly id: string | undefined
  readonly onProgress: (text: string) => void
}

/**
 * Takes an image from a host that has it, where nobody could pull it: one that was built there, or
 * by a deployer that is gone. Servers cannot reach each other, so it passes through here.
 */
export async function broughtFromOther(
  world: Pick<World, 'tell'>,
  fleet: Fleet,
  { name, reference, id, onProgress }: Wish,
): Promise<boolean> {
  if (id === undefined) return false
  const [other] = (
    await each(fleet.names, (host) => hasBuilt(fleet, { host, reference, id }))
  ).flat()
  if (other === undefined) return false
  world.tell({ type: 'progress', host: name, text: `taking ${reference} from ${other}` })
  const archive = await hostNamed(fleet, other).images.save([reference])
  await hostNamed(fleet, name).images.load(archive, onProgress)
  return true
}

/** What came from a registry has a digest there, and is better pulled. */
async function hasBuilt(
  fleet: Fleet,
  { host, reference, id }: { host: string; reference: string; id: string },
): Promise<string[]> {
  const facts = (await hostNamed(fleet, host).imageIds([reference]))[reference]
  return facts != null && facts.id === id && facts.digests.length === 0 ? [host] : []
}
