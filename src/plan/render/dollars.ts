import type { ComposeModel } from '../compose-model.ts'

/**
 * Compose doubles every `$` of the canonical model, and fills in variables when it reads it again.
 * In between, the renderer works on what the user meant; the few variables that it adds itself are
 * kept apart by a character that no compose file can hold.
 */
const MARK = '\0'

/** The folder of the release on the host. */
export const RELEASE_FOLDER = `${MARK}BELAY_RELEASE${MARK}`
/** Where relative data folders lie on the host. */
export const DATA_FOLDER = `${MARK}BELAY_DATA${MARK}`
/** The home of the user that Belay logs in as. */
export const HOME_FOLDER = `${MARK}BELAY_HOME${MARK}`
/** `a` or `b`. */
export const SLOT = `${MARK}BELAY_SLOT${MARK}`

/** The model with every text as the user meant it. */
export function readModel(model: ComposeModel): ComposeModel {
  return mapTexts(model, (text) => text.replaceAll('$$', '$'), everyKey) as ComposeModel
}

/** The opposite: texts that compose will read back as they are, our own variables excepted. */
export function writeModel(model: ComposeModel): ComposeModel {
  return mapTexts(model, written, sameKey) as ComposeModel
}

function written(text: string): string {
  return text.replaceAll('$', '$$$$').replaceAll(/\0(\w+)\0/g, '${$1}')
}

const everyKey = (key: string): string => key.replaceAll('$$', '$')

// Compose doubles the dollars of keys too, and does not halve them again.
const sameKey = (key: string): string => key

function mapTexts(
  data: unknown,
  text: (text: string) => string,
  key: (key: string) => string,
): unknown {
  if (typeof data === 'string') return text(data)
  if (Array.isArray(data)) return data.map((each) => mapTexts(each, text, key))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [key(name), mapTexts(value, text, key)]),
  )
}
