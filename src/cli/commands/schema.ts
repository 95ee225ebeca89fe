import { EXIT } from '../../base/exit.ts'
import { defineCommand } from './command.ts'

export const schema = defineCommand({
  name: 'schema',
  group: 'Start',
  summary: 'print the JSON Schema of belay.yaml, for editors',
  details: ['The npm package holds the same as schema/belay.schema.json.'],
  arguments: [],
  flags: {},
  examples: ['belay schema > belay.schema.json'],
  changes: false,
  async run({ session }) {
    const { configJsonSchema } = await import('../../config/json-schema.ts')
    session.reporter.answer({
      of: 'schema',
      data: configJsonSchema(),
      render: (data) => [JSON.stringify(data, null, 2)],
    })
    return EXIT.ok
  },
})
