import type { AppConfig } from '../../config/app-config.ts'
import { type Receipt, receiptOf } from '../../notifications/receipts/receipt.ts'
import type { World } from '../world.ts'
import { noLog, noReceipt } from './failures.ts'
import { eventsOf, findRun } from './history.ts'
import { withSurvey } from './survey.ts'

/** The receipt of one run: by its name, by the release it made, or the last. */
export function runReceipt(world: World, config: AppConfig, wanted?: string): Promise<Receipt> {
  return withSurvey(world, config, async (survey) => {
    const { run } = await findRun(survey, wanted)
    const events = await eventsOf(survey, run)
    if (events.length === 0) throw noReceipt({ run })
    return receiptOf(events)
  })
}

export interface RunLog {
  readonly run: string
  readonly text: string
}

/** Everything that a run told, as the server keeps it for thirty days. */
export function runLog(world: World, config: AppConfig, wanted?: string): Promise<RunLog> {
  return withSurvey(world, config, async (survey) => {
    const { run } = await findRun(survey, wanted)
    for (const { link } of survey.seen) {
      const text = await link.readLog(run)
      if (text !== undefined) return { run, text }
    }
    throw noLog({ run })
  })
}
