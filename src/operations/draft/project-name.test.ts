import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import type { ObservedContainer } from '../../plan/observed.ts'
import { projectName } from './project-name.ts'

const config = { app: 'shop', environment: 'production', directory: '/home/me/Web-Shop' }
const services = new Set(['web', 'worker', 'db'])

function byHand(project: string, names: readonly string[]): ObservedContainer[] {
  const workingDirectory = `/srv/${project}`
  return names.map((service) =>
    containerOf(`${project}-${service}-1`, { service, project, workingDirectory }),
  )
}

function chosen(containers: readonly ObservedContainer[], written?: string): string {
  const hosts = [observedOf('one', undefined, { containers })]
  return projectName({ config, written, services, hosts })
}

function refusal(containers: readonly ObservedContainer[]): unknown {
  try {
    return chosen(containers)
  } catch (error) {
    return error
  }
}

describe('the project of an app that is deployed for the first time', () => {
  it('must be the app’s own where nothing like it runs', () => {
    expect(chosen([])).toBe('shop-production')
    expect(chosen(byHand('blog', ['web', 'mysql']))).toBe('shop-production')
    expect(chosen(byHand('blog', ['web']))).toBe('shop-production')
  })

  it('must be the one that was started by hand, by the name of folder or app', () => {
    expect(chosen(byHand('web-shop', ['web', 'db']))).toBe('web-shop')
    expect(chosen(byHand('shop', ['web', 'worker', 'db']))).toBe('shop')
    expect(chosen(byHand('shop-production', ['db']))).toBe('shop-production')
  })

  it('must be asked for when the same services run under another name', () => {
    expect(refusal(byHand('tickets', ['web', 'db']))).toMatchObject({
      code: 'PROJECT_UNCLEAR',
      exit: 'input',
      details: { project: 'tickets', folder: '/srv/tickets', own: 'shop-production' },
    })
  })

  it('must be asked for when a project of its name runs something else too', () => {
    expect(refusal(byHand('shop', ['web', 'wiki']))).toMatchObject({ code: 'PROJECT_UNCLEAR' })
    expect(chosen(byHand('shop', ['wiki']))).toBe('shop-production')
  })

  it('must be what the compose file says, whatever runs', () => {
    expect(chosen(byHand('tickets', ['web', 'db']), 'tickets')).toBe('tickets')
    expect(chosen(byHand('tickets', ['web', 'db']), 'else')).toBe('else')
  })

  it('must not be another app’s accessories', () => {
    const release = releaseOf('r7', { app: 'blog', project: 'blog-production-r7' })
    const web = containerOf('blog-production-r7-web-1', { release, service: 'web-r7' })
    const base = byHand('blog-production', ['web', 'db'])
    expect(chosen([web, ...base])).toBe('shop-production')
    expect(chosen(byHand('belay-proxy', ['web', 'db']))).toBe('shop-production')
  })
})

it('the project of an app that serves must stay what it is', () => {
  const hosts = [observedOf('one', releaseOf('r1', { baseProject: 'first' }))]
  expect(projectName({ config, written: 'other', services, hosts })).toBe('first')
})
