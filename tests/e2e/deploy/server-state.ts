import type { Server } from '../../lab/server.ts'

/** Names of the containers that run, the proxy's left out. */
export async function running(server: Server): Promise<readonly string[]> {
  return lines(await server.sh("docker ps --format '{{.Names}}' | grep -v ^belay-proxy | sort; :"))
}

/** Names of all containers, the proxy's left out. */
export async function containers(server: Server): Promise<readonly string[]> {
  return lines(
    await server.sh("docker ps -a --format '{{.Names}}' | grep -v ^belay-proxy | sort; :"),
  )
}

/** `<release> <previous>`. */
export function current(server: Server, app: string): Promise<string> {
  return server.sh(`cat ${stateOf(app)}/current`)
}

export async function releases(server: Server, app: string): Promise<readonly string[]> {
  return lines(await server.sh(`ls -v ${stateOf(app)}/releases`))
}

export function mark(server: Server, app: string, release: string): Promise<string> {
  return server.sh(`cat ${stateOf(app)}/releases/${release}/mark`)
}

export function stateOf(app: string, environment = 'production'): string {
  return `/var/lib/belay/${app}/${environment}`
}

/**
 * Everything that a deployment could change, as a text to compare: containers with their starts,
 * networks, volumes, images, and all files of the state folder. Looking may put the kit there, and the
 * empty files that it locks; a watchdog clears up its notes by itself.
 */
export function world(server: Server): Promise<string> {
  return server.sh(`exec 2>&1
    docker ps -aq | xargs -r docker inspect --format \
      '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy.Name}}' |
      sort
    docker network ls --format 'network {{.Name}}' | sort
    docker volume ls --format 'volume {{.Name}}' | sort
    docker image ls --format 'image {{.Repository}}:{{.Tag}} {{.ID}}' | sort
    cd /var/lib/belay 2>/dev/null || exit 0
    find . -path ./kit -prune -o -type f ! -name '*lock' ! -name watch ! -path '*/work/*' \
      -exec sha256sum {} + | sort -k 2
    find . -path ./kit -prune -o -type l -print | sort`)
}

/** What serves: containers that run, and where the proxy sends requests. */
export function serving(server: Server): Promise<string> {
  return server.sh(`docker ps -q | xargs -r docker inspect --format \
      '{{.Name}} {{.Id}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy.Name}}' | sort
    find /var/lib/belay/proxy/route -type f 2>/dev/null | sort
    cat /var/lib/belay/*/*/current 2>/dev/null`)
}

export function lines(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n')
}
