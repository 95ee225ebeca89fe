// oxlint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;]*m/g
const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** East Asian scripts, full-width forms and emoji take two columns. */
const WIDE = new RegExp(
  [
    String.raw`[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff]`,
    String.raw`[\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]`,
    String.raw`[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]`,
  ].join('|'),
  'u',
)

function widthOfCharacter(character: string): number {
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** How many columns a text takes at a terminal; colours take none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text.replaceAll(COLOURS, '')) width += widthOfCharacter(character)
  return width
}

/** Cuts a text without colours to at most `columns`, with `…` where something is missing. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let width = 0
  let kept = ''
  for (const character of text) {
    width += widthOfCharacter(character)
    if (width > columns - 1) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}

/** Fills a text up to `columns` with spaces. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}
