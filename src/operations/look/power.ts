import type { Host } from '../../hosts/host.ts'
import { type ContainerPower, hardeningAdvice } from '../../plan/afterwards/hardening.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Finding } from './findings.ts'

const FORMAT =
  '{{index .Config.Labels "belay.service"}}\t{{.Config.User}}\t' +
  '{{json .HostConfig.SecurityOpt}}\t{{json .HostConfig.CapDrop}}'

/** Containers of releases that are more powerful than they need be: one piece of advice. */
export async function examinePower(
  host: Pick<Host, 'run'>,
  { containers }: Pick<Observed, 'containers'>,
  { app, environment }: { app: string; environment: string },
): Promise<readonly Finding[]> {
  const ours = containers.filter(
    (each) =>
      each.app === app &&
      each.environment === environment &&
      each.release !== undefined &&
      each.state === 'running',
  )
  if (ours.length === 0) return []
  const argv = ['docker', 'inspect', '--format', FORMAT, ...ours.map(({ id }) => id)]
  const { code, stdout } = await host.run(argv)
  const advice = code === 0 ? hardeningAdvice(stdout.split('\n').flatMap(powerIn)) : undefined
  return advice === undefined
    ? []
    : [{ level: 'ok', about: 'power', what: `advice: ${advice}`, fix: '' }]
}

function powerIn(line: string): ContainerPower[] {
  const [service = '', user = '', options = 'null', dropped = 'null'] = line.split('\t')
  if (service === '') return []
  const listed = (text: string) => (JSON.parse(text) ?? []) as readonly string[]
  return [{ service, user, securityOptions: listed(options), droppedCapabilities: listed(dropped) }]
}
