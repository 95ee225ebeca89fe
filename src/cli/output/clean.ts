/**
 * Text from servers and containers may hold control characters that move the cursor, change the
 * title or hide what follows. Nothing of that reaches the terminal.
 */
const ESCAPES =
  // CSI, OSC (ended by BEL or ST), other string sequences, and two-character escapes.
  // oxlint-disable-next-line no-control-regex
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g

const CONTROLS =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Lines of clean text. A carriage return starts over, as at a terminal: the last part counts. */
export function cleanLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => {
    const lastPart = line.slice(line.lastIndexOf('\r', line.length - 2) + 1)
    return lastPart.replaceAll(ESCAPES, '').replaceAll('\t', '  ').replaceAll(CONTROLS, '')
  })
}

/** A text in one line. */
export function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
}

/** A deep copy of plain data in which every text is clean; its lines stay lines. */
export function cleanData<T>(data: T): T {
  return JSON.parse(
    JSON.stringify(data ?? null, (_, value) =>
      typeof value === 'string' ? cleanLines(value).join('\n') : value,
    ),
  )
}
