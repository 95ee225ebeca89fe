/** How many lines around a difference are shown. */
const CONTEXT = 3
/** Beyond this, the parts that differ are shown as a whole: the table below grows with the square. */
const TABLE_MAX = 4_000_000

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** What turns one text into another, as lines with `-` and `+`, and some around them. */
export function lineDiff(before: string, after: string): readonly string[] {
  const lines = compared(linesOf(before), linesOf(after))
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  )
  return lines.flatMap(({ sign, text }, at) => {
    if (isNear[at] === true) return [`${sign} ${text}`]
    return isNear[at - 1] === true && isNear.includes(true, at) ? ['…'] : []
  })
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function compared(before: readonly string[], after: readonly string[]): readonly Line[] {
  if (before.length * after.length > TABLE_MAX) return [...all('-', before), ...all('+', after)]
  const common = commonLengths(before, after)
  const lines: Line[] = []
  let [left, right] = [0, 0]
  while (left < before.length && right < after.length) {
    if (before[left] === after[right]) {
      lines.push({ sign: ' ', text: before[left]! })
      left++
      right++
    } else if (common[left + 1]![right]! >= common[left]![right + 1]!) {
      lines.push({ sign: '-', text: before[left++]! })
    } else {
      lines.push({ sign: '+', text: after[right++]! })
    }
  }
  return [...lines, ...all('-', before.slice(left)), ...all('+', after.slice(right))]
}

function all(sign: Line['sign'], texts: readonly string[]): readonly Line[] {
  return texts.map((text) => ({ sign, text }))
}

/** At each place, how many lines the two have in common from there on. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly number[][] {
  const table = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  )
  for (let left = before.length - 1; left >= 0; left--) {
    for (let right = after.length - 1; right >= 0; right--) {
      table[left]![right] =
        before[left] === after[right]
          ? table[left + 1]![right + 1]! + 1
          : Math.max(table[left + 1]![right]!, table[left]![right + 1]!)
    }
  }
  return table
}
