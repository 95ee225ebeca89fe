/**
 * `slot`: through the private listener to an upstream; `front-door`: the public port; `container`:
 * wherever the host reaches a container's port, without the proxy.
 */
export type Through =
  | { readonly kind: 'slot'; readonly upstream: string }
  | { readonly kind: 'front-door'; readonly tls: boolean }
  | ({ readonly kind: 'container' } & ContainerPort)
  /** Of the host's loopback, or of another address that it reaches. */
  | {
      readonly kind: 'port'
      readonly port: number
      readonly address?: string
      readonly tls?: boolean
    }

export interface ContainerPort {
  readonly container: string
  readonly port: number
  /** Where it is published, Docker takes every connection, and closes it if nothing listens. */
  readonly wish: 'answer' | 'connection'
}
