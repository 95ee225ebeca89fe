import { describe, expect, it } from 'vitest'
import { CookieJar } from './cookies.ts'

const jarOf = (url: string, ...lines: readonly string[]): CookieJar => {
  const jar = new CookieJar()
  jar.learn(lines, url)
  return jar
}

describe('cookies', () => {
  it('must go to the host they came from alone, unless they name a domain above', () => {
    const jar = jarOf('https://www.a.com/', 'own=1', 'wide=2; Domain=.a.com', 'bad=3; Domain=b.com')
    expect(jar.headerFor('https://www.a.com/')).toBe('own=1; wide=2; bad=3')
    expect(jar.headerFor('https://api.a.com/')).toBe('wide=2')
    expect(jar.headerFor('https://b.com/')).toBeUndefined()
  })

  it('must stay below their path', () => {
    const jar = jarOf('https://a.com/', 'admin=1; Path=/admin')
    expect(jar.headerFor('https://a.com/admin/users')).toBe('admin=1')
    expect(jar.headerFor('https://a.com/administer')).toBeUndefined()
  })

  it('must be replaced by newer ones, and taken away by ones that have ended', () => {
    const jar = jarOf('https://a.com/', 'sid=1', 'sid=2', 'gone=1')
    jar.learn(['gone=; Max-Age=0'], 'https://a.com/')
    expect(jar.headerFor('https://a.com/')).toBe('sid=2')
    jar.learn(['sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], 'https://a.com/')
    expect(jar.headerFor('https://a.com/')).toBeUndefined()
  })
})
