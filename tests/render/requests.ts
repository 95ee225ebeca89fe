import type { ComposeModel, ComposeMount, ComposeService } from '../../src/plan/compose-model.ts'
import { render } from '../../src/plan/render/render.ts'
import type { Rendered } from '../../src/plan/render/rendered.ts'
import type { FileFact, RenderRequest, ServiceChoice } from '../../src/plan/render/request.ts'

export const DIRECTORY = '/home/me/shop'

/** Parts of a request for unit tests; what is left out is as small as it can be. */
export type Wish = Partial<Omit<RenderRequest, 'model' | 'services'>> & {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly model?: Partial<ComposeModel>
  readonly choices?: Readonly<Record<string, Partial<ServiceChoice>>>
}

export function requestFor({ services, model = {}, choices = {}, ...rest }: Wish): RenderRequest {
  const withNetwork = Object.entries(services).map(([name, service]): [string, ComposeService] => {
    const plain = service.network_mode !== undefined || service.networks !== undefined
    return [name, { ...(plain ? {} : { networks: { default: null } }), ...service }]
  })
  return {
    model: {
      name: 'shop',
      services: Object.fromEntries(withNetwork),
      networks: { default: { name: 'shop_default' } },
      ...model,
    },
    app: 'shop',
    environment: 'production',
    release: 'r42',
    baseProject: 'shop',
    proxy: 'shared',
    services: Object.fromEntries(
      Object.entries(choices).map(([name, choice]) => [
        name,
        { routes: [], checkPorts: [], ...choice },
      ]),
    ),
    images: {},
    directory: DIRECTORY,
    home: '/home/me',
    files: {},
    values: {},
    ...rest,
  }
}

export function renderedFor(wish: Wish): Rendered {
  return render(requestFor(wish))
}

/** `{ routes }` of a choice: everything on this port. */
export function routed(port = 8000): Partial<ServiceChoice> {
  return { routes: [{ domain: 'shop.example.com', path: '/', port }], isChecked: true }
}

/** Notes about one place, in words. */
export function notesOn({ notes }: Rendered, about: string): string[] {
  return notes.flatMap((note) => (note.about === about ? [note.text] : []))
}

/** Problems as `path: text`. */
export function problemsOf({ problems }: Rendered): string[] {
  return problems.map(({ path, text }) => `${path}: ${text}`)
}

export const FILE = {
  kind: 'file',
  git: 'tracked',
  hash: 'h1',
  mode: 0o644,
  text: 'a',
} as const satisfies FileFact

export function folder(...paths: string[]): FileFact & { readonly kind: 'folder' } {
  return {
    kind: 'folder',
    git: paths.length > 0 ? 'tracked' : 'untracked',
    files: paths.map((path) => ({ path, hash: `h-${path}`, mode: 0o644, text: path })),
  }
}

export function bind(path: string, target: string, more: object = {}): ComposeMount {
  return { type: 'bind', source: `${DIRECTORY}/${path}`, target, ...more }
}
