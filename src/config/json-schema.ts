import * as z from 'zod/mini'
import { fileSchema } from './schema.ts'

/** JSON Schema (draft 7, which editors know best), as far as it is looked into here. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly definitions?: Readonly<Record<string, JsonSchema>>
  readonly $ref?: string
}

/** The schema of `belay.yaml` for editors: what `belay schema` prints and the package ships. */
export function configJsonSchema(): JsonSchema {
  const plain = z.toJSONSchema(fileSchema(), {
    io: 'input',
    target: 'draft-7',
    // Zod drops the examples of what it transforms; ours are of what users write.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.['examples']
      if (Array.isArray(examples)) jsonSchema['examples'] = examples
    },
  })
  const schema = withVariables(plain as JsonSchema)
  return {
    ...schema,
    patternProperties: { '^x-': { description: 'A place for anchors; not looked into.' } },
    definitions: {
      ...schema.definitions,
      'from-environment': {
        description: "A value from the caller's environment.",
        type: 'string',
        pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*\}`,
      },
    },
  }
}

/** Lets `${NAME}` stand wherever a value of a certain form is asked for. */
function withVariables(schema: JsonSchema): JsonSchema {
  const inner = mapInside(schema, withVariables)
  if (!isParticular(inner)) return inner
  const { description, default: absent, examples, ...value } = inner
  return {
    ...(description !== undefined && { description }),
    ...(absent !== undefined && { default: absent }),
    ...(examples !== undefined && { examples }),
    anyOf: [value, { $ref: '#/definitions/from-environment' }],
  }
}

/** Any text at all already takes a `${NAME}`. */
function isParticular({ type, pattern, enum: words, const: word }: JsonSchema): boolean {
  const isNumber = type === 'integer' || type === 'number' || type === 'boolean'
  return isNumber || (type === 'string' && (pattern ?? words ?? word) !== undefined)
}

function mapInside(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, definitions, additionalProperties, items, anyOf } = schema
  return {
    ...schema,
    ...(properties !== undefined && { properties: mapValues(properties, change) }),
    ...(definitions !== undefined && { definitions: mapValues(definitions, change) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: change(additionalProperties),
    }),
    ...(items !== undefined && { items: change(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(change) }),
  }
}

function mapValues(
  schemas: Readonly<Record<string, JsonSchema>>,
  change: (inner: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, inner]) => [key, change(inner)]))
}
