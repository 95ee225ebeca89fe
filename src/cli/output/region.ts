import type { OpenWork } from './board.ts'
import type { Style } from './style.ts'
import { fit, pad, widthOf } from './width.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const ROOM_FOR_SPINNER_AND_TIME = 12

/** From then on a spinner stands still, and says for how long nothing was heard. */
export const SILENCE_MS = 2000

export interface RegionView {
  readonly now: number
  readonly columns: number
  /** At most this many lines; what does not fit is counted. */
  readonly rows: number
  readonly style: Style
}

/** The lines below everything: what is under way, where, since when, and waiting for what. */
export function regionLines(open: readonly OpenWork[], view: RegionView): string[] {
  const shown = open.length > view.rows ? open.slice(0, Math.max(0, view.rows - 1)) : open
  const hostColumns = widest(shown.map((work) => work.host))
  const room = view.columns - hostColumns - ROOM_FOR_SPINNER_AND_TIME
  const titleColumns = Math.min(widest(shown.map((work) => work.title)), Math.max(8, room))
  const lines = shown.map((work) => workLine(work, view, { hostColumns, titleColumns }))
  const hidden = open.length - shown.length
  return hidden > 0 ? [...lines, fit(`  … and ${hidden} more`, view.columns - 1)] : lines
}

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf))

function workLine(
  work: OpenWork,
  view: RegionView,
  { hostColumns, titleColumns }: { hostColumns: number; titleColumns: number },
): string {
  const silentMs = view.now - work.newsAt
  const isSilent = silentMs >= SILENCE_MS
  const spinner = frameAt(isSilent ? work.newsAt + SILENCE_MS : view.now)
  const host = hostColumns === 0 ? '' : `${pad(work.host, hostColumns)}  `
  const title = pad(fit(work.title, titleColumns), titleColumns)
  const elapsed = wholeSeconds(view.now - work.startedAt)
  const head = fit(`${spinner} ${host}${title}  ${elapsed}`, view.columns - 1)
  const tail = tailOf(work, isSilent ? silentMs : 0, view.columns - 3 - widthOf(head))
  if (tail === '') return head
  return `${head}  ${isSilent ? view.style.odd(tail) : view.style.faint(tail)}`
}

/** The last news, and the silence since; where there is no room for both, the silence. */
function tailOf(work: OpenWork, silentMs: number, columns: number): string {
  const silence = silentMs > 0 ? `no news for ${wholeSeconds(silentMs)}` : ''
  const both = [work.news, silence].filter((part) => part !== '').join(' · ')
  if (columns < 8) return ''
  return fit(silence !== '' && widthOf(both) > columns ? silence : both, columns)
}

function frameAt(now: number): string {
  return FRAMES[Math.floor(now / FRAME_MS) % FRAMES.length] ?? ''
}

/** Short, and without tenths that would flicker. */
function wholeSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 100) return `${seconds}s`
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
}
