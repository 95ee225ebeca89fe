import { docker } from './server.ts'

/** What Docker says of a container, as far as tests look at it. */
export interface Container {
  readonly Id: string
  readonly State: { readonly Status: string; readonly ExitCode: number }
  readonly Config: {
    readonly Env: readonly string[]
    readonly Labels: Readonly<Record<string, string>>
    readonly Cmd: readonly string[] | null
  }
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } }
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>
  }
  readonly Mounts: readonly {
    readonly Type: string
    readonly Name?: string
    readonly Source: string
    readonly Destination: string
    readonly RW: boolean
  }[]
}

export async function inspect(container: string): Promise<Container> {
  const [found] = JSON.parse(await docker('inspect', container)) as Container[]
  if (found === undefined) throw new Error(`no container ${container}`)
  return found
}

/** Addresses that a name has as seen from inside of a container; none when it does not exist. */
export async function lookUp(container: string, name: string): Promise<readonly string[]> {
  const output = await docker('exec', container, 'nslookup', '-type=a', name, '127.0.0.11').catch(
    (error: unknown) => (error as { stdout?: string }).stdout ?? '',
  )
  const answer = output.slice(output.indexOf('answer:'))
  return [...answer.matchAll(/^Address: (\S+)$/gm)].map((match) => match[1] ?? '').sort()
}

export async function addressOn(container: string, network: string): Promise<string> {
  const { NetworkSettings } = await inspect(container)
  return NetworkSettings.Networks[network]?.IPAddress ?? `${container} is not on ${network}`
}
