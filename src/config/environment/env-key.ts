import { keyed, line, listOf, optional, variableName, withDefault } from '../source/leaves.ts'

/** `env`: where the values of an environment come from. */
export function envKey() {
  const file = line('the path of an env file is needed, such as .env.production')
  const template = line('the path of a template is needed, such as .env.example, or none')
  const names = listOf(variableName(), 'a list of names is needed, such as [DATABASE_URL]')
  const keys = keyed({
    file: optional(file, {
      description:
        'Values for the compose file, read as compose reads an env file; relative to ' +
        '`belay.yaml`. Left out, it is `.env` beside the compose file, where there is one.',
      examples: ['.env.production'],
    }),
    template: optional(template, {
      description:
        'An env file whose names must get a value, and whose values are defaults; relative to ' +
        '`belay.yaml`. Left out, it is `.env.example` beside the env file, where there is one; ' +
        '`none` for no template.',
      examples: ['deploy/.env.example'],
    }),
    required: withDefault(names, [], {
      description:
        'Names that must have a value. One that the file leaves out or empty is taken from the ' +
        "caller's environment.",
      examples: [['DATABASE_URL', 'SECRET_KEY']],
    }),
  })
  const about = {
    description: "The environment's own values. All of them are secrets.",
    examples: [{ file: '.env.production', required: ['SECRET_KEY'] }],
  }
  return withDefault(keys, {}, about)
}
