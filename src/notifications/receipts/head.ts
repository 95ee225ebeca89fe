import { formatDuration } from '../../base/duration.ts'
import { commitWords } from '../message.ts'
import type { Receipt } from './receipt.ts'

/** What stands at the head of a receipt in every form: label and text, the empty ones left out. */
export function headOf(receipt: Receipt): (readonly [label: string, text: string])[] {
  const { release, previous, serving, commit, exit, durationMs, hosts } = receipt
  const rows: readonly (readonly [string, string])[] = [
    ['Run', receipt.run],
    ['What', receipt.purpose],
    ['Ended as', receipt.outcome],
    ['In words', receipt.text],
    ['Release', release ?? ''],
    ['Before', previous ?? ''],
    ['Serves now', serving ?? 'nothing'],
    ['Commit', commit === null ? '' : commitWords(commit)],
    ['Because', receipt.because],
    ['Hosts', hosts.map(({ host }) => host).join(', ')],
    ['By', receipt.by],
    ['Started', receipt.startedAt],
    ['Took', durationMs === null ? '' : formatDuration(durationMs)],
    ['Exit code', exit === null ? '' : String(exit)],
  ]
  return rows.filter(([, text]) => text !== '')
}
