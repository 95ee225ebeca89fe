import type { Event, StampedEvent } from '../../base/event.ts'
import type { World } from '../world.ts'

/** A receipt holds this many events at most; progress lines are left out first. */
const EVENTS_MAX = 5000

export interface RecordedWorld extends World {
  /** What was told so far, without the progress of single moments, every secret blanked. */
  readonly recorded: () => readonly StampedEvent[]
  /** An event as it would be recorded now. */
  readonly stamp: (event: Event) => StampedEvent
}

/** Keeps what a run tells, for its receipt. */
export function recording(world: World): RecordedWorld {
  const events: StampedEvent[] = []
  const stamp = (event: Event): StampedEvent => {
    const at = new Date(world.clock.now()).toISOString()
    return { v: 1, at, event: world.secrets.scrubData(event) }
  }
  const tell = (event: Event) => {
    world.tell(event)
    if (event.type !== 'progress' && events.length < EVENTS_MAX) events.push(stamp(event))
  }
  return { ...world, tell, stamp, recorded: () => events }
}
