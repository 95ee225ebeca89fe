import type { Observed, ObservedContainer } from './observed.ts'
import type { Note } from './plan.ts'
import type { Release } from './release.ts'

/** What happens to a project that runs by `docker compose up` already, told before it does. */
export function adoptionNotes(
  release: Release,
  { host, proxy }: Observed,
  containers: readonly ObservedContainer[],
): Note[] {
  if (containers.length === 0) return []
  const staying = containers.filter(({ service }) => release.accessories.includes(service))
  const going = containers.filter((each) => !staying.includes(each))
  const about = `${release.baseProject} on ${host}`
  const notes: Note[] = [
    {
      level: 'info',
      about,
      text:
        `it was started by hand and is taken over: ${listed(staying)} stay as they run, ` +
        `${listed(going)} are replaced and removed after the confirm, ` +
        `${volumes(release)} stay where they are`,
    },
  ]
  const holders = going.filter(({ publishedPorts }) =>
    publishedPorts.some((port) => proxy.takenPorts.includes(port)),
  )
  if (!proxy.running && release.proxy === 'shared' && holders.length > 0) {
    const hold = holders.length === 1 ? 'holds' : 'hold'
    const text =
      `${listed(holders)} ${hold} the proxy's ports: for a second or two, while the proxy takes ` +
      'over, requests are refused or answered 404, this once'
    notes.push({ level: 'warning', about, text })
  }
  return notes
}

function listed(containers: readonly ObservedContainer[]): string {
  return containers.length === 0 ? 'no containers' : containers.map(({ name }) => name).join(', ')
}

function volumes(release: Release): string {
  const names = release.volumes.map(({ name }) => name)
  return names.length === 0 ? 'its data' : `the volumes ${names.join(', ')}`
}
