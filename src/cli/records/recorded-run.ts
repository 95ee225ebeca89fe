import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Outcome, World } from '../../operations/world.ts'
import { logFileUnwritable } from '../failures.ts'
import { type Logbook, openLogbook } from './logbook.ts'
import type { Session } from '../session.ts'
import { troubleOf } from '../troubles.ts'

/** Where a run leaves its records on this machine, if anywhere. */
export interface RecordFlags {
  readonly log: string | undefined
  /** Files with commas between them. */
  readonly report: string | undefined
}

/** Opens the world for a run that changes something, and leaves the records that were asked for. */
export async function recordedRun(
  session: Session,
  { log, report }: RecordFlags,
  operate: (world: World) => Promise<Outcome>,
): Promise<number> {
  const file = log === undefined ? undefined : openLog(resolve(session.directory, log))
  const book = openLogbook(session, file?.write)
  try {
    const world = await session.openWorld({ servers: true, logbook: book })
    return (await operate(world)).exit
  } catch (error) {
    book.tell(troubleOf(error, session.around.version).event)
    throw error
  } finally {
    file?.close()
    const files = report?.split(',').filter((name) => name !== '') ?? []
    for (const name of files) await writeReport(session, book, name)
  }
}

/** For the eyes of its owner: it holds no secret, and still more than everybody needs to know. */
function openLog(path: string): { write: (text: string) => void; close: () => void } {
  const open = (): number => {
    try {
      return openSync(path, 'w', 0o600)
    } catch (error) {
      throw logFileUnwritable({ file: path, reason: codeOf(error) })
    }
  }
  const handle = open()
  return {
    write: (text) => {
      try {
        writeSync(handle, text)
      } catch {
        // A disk that is full now must not stop a run; the host's log has it all.
      }
    },
    close: () => closeSync(handle),
  }
}

async function writeReport(session: Session, book: Logbook, report: string): Promise<void> {
  const path = resolve(session.directory, report)
  const { receiptOf } = await import('../../notifications/receipts/receipt.ts')
  const { formatOf, formatted } = await import('../../notifications/receipts/formats.ts')
  try {
    writeFileSync(path, formatted(receiptOf(book.events()), formatOf(path)))
  } catch (error) {
    const text = `the report could not be written to ${path} (${codeOf(error)})`
    session.reporter.tell({ type: 'warning', code: 'REPORT_NOT_WRITTEN', text })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
