/**
 * The canonical model that `docker compose config --format json` prints (compose-spec), as far as
 * Belay looks into it. Keys that are not named here pass through untouched.
 */
export interface ComposeModel {
  name?: string
  services: Record<string, ComposeService>
  networks?: Record<string, ComposeNetwork | null>
  volumes?: Record<string, ComposeVolume | null>
  configs?: Record<string, ComposeFileObject>
  secrets?: Record<string, ComposeFileObject>
  [extension: `x-${string}`]: unknown
}

export interface ComposeService {
  image?: string
  build?: ComposeBuild
  command?: string[] | null
  entrypoint?: string[] | null
  environment?: Record<string, string | null>
  depends_on?: Record<string, ComposeDependency>
  healthcheck?: ComposeHealthcheck
  ports?: ComposePort[]
  volumes?: ComposeMount[]
  networks?: Record<string, ComposeServiceNetwork | null>
  configs?: ComposeFileReference[]
  secrets?: ComposeFileReference[]
  labels?: Record<string, string>
  restart?: string
  container_name?: string
  hostname?: string
  network_mode?: string
  pid?: string
  ipc?: string
  profiles?: string[]
  scale?: number
  deploy?: {
    replicas?: number
    resources?: { limits?: { memory?: string | number }; [key: string]: unknown }
    [key: string]: unknown
  }
  mem_limit?: string | number
  stop_grace_period?: string
  [key: string]: unknown
}

export interface ComposeBuild {
  context?: string
  dockerfile?: string
  dockerfile_inline?: string
  target?: string
  args?: Record<string, string | null>
  labels?: Record<string, string>
  platforms?: string[]
  cache_from?: string[]
  cache_to?: string[]
  tags?: string[]
  /** A folder, an address, or `service:base`. */
  additional_contexts?: Record<string, string>
  secrets?: { source: string; target?: string }[]
  ssh?: string[]
  privileged?: boolean
  [key: string]: unknown
}

export interface ComposeDependency {
  condition: 'service_started' | 'service_healthy' | 'service_completed_successfully'
  required?: boolean
  restart?: boolean
}

export interface ComposeHealthcheck {
  /** `['CMD', …]`, `['CMD-SHELL', line]` or `['NONE']`. */
  test?: string[]
  disable?: boolean
  interval?: string
  timeout?: string
  retries?: number
  start_period?: string
  start_interval?: string
}

export interface ComposePort {
  mode?: string
  host_ip?: string
  target: number
  published?: string
  protocol?: string
}

export interface ComposeMount {
  type: string
  source?: string
  target: string
  read_only?: boolean
  bind?: { create_host_path?: boolean; [key: string]: unknown }
  volume?: Record<string, unknown>
  [key: string]: unknown
}

export interface ComposeNetwork {
  name?: string
  external?: boolean
  internal?: boolean
  driver?: string
  [key: string]: unknown
}

export interface ComposeServiceNetwork {
  aliases?: string[]
  ipv4_address?: string
  ipv6_address?: string
  [key: string]: unknown
}

export interface ComposeVolume {
  name?: string
  external?: boolean
  driver?: string
  [key: string]: unknown
}

export interface ComposeFileObject {
  name?: string
  file?: string
  content?: string
  environment?: string
  external?: boolean
}

export interface ComposeFileReference {
  source: string
  target?: string
  uid?: string
  gid?: string
  /** A number, or octal digits, by Compose's version. */
  mode?: string | number
}
