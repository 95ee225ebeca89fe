import { describe, expect, it } from 'vitest'
import { answering, subjectOf } from '../../tests/support/looks.ts'
import { answered } from '../../tests/support/scripted-host.ts'
import type { StaticSettings } from '../config/checks/static.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import { partsOf } from './asking/page.ts'
import { staticFiles } from './static.ts'

const file = (type = 'text/css', body = 'x') =>
  answered(200, { headers: type === '' ? {} : { 'content-type': type }, body })

async function find(over: Partial<StaticSettings>, answers: Readonly<Record<string, HttpAnswer>>) {
  const means = answering(answers)
  const settings = { paths: [], port: 8000, timeoutMs: 5000, ...over }
  const verdict = await staticFiles.find!(means, settings, subjectOf())!
  return { verdict, paths: means.asked.map(({ path }) => path) }
}

describe('static files', () => {
  it('must be there, of some type, with something in them; every one that is not is told', async () => {
    const paths = ['/a.css', '/b.css', '/c.css', '/d.css']
    const { verdict } = await find(
      { paths },
      { '/a.css': file(), '/b.css': answered(404), '/c.css': file(''), '/d.css': file('x/y', '') },
    )
    expect(verdict).toMatchObject({
      verdict: 'fail',
      text: '/b.css: answered 404 (and 2 more)',
      differences: [
        { what: '/b.css', got: 'answered 404' },
        { what: '/c.css', got: 'answered without a content-type' },
        { what: '/d.css', got: 'answered with nothing in it' },
      ],
    })
  })

  it('must be looked for in a page that names them', async () => {
    const page = file('text/html', '<script src="/a.js"></script><link rel=stylesheet href=b.css>')
    const answers = { '/shop/': page, '/a.js': file(), '/shop/b.css': file() }
    const { verdict, paths } = await find({ page: '/shop/' }, answers)
    expect(verdict).toMatchObject({ verdict: 'pass', text: 'all 2 are there' })
    expect(paths).toEqual(['/shop/', '/a.js', '/shop/b.css'])
  })

  it('must not be missing because nobody answered', async () => {
    expect((await find({ paths: ['/a'] }, {})).verdict).toMatchObject({ verdict: 'unknown' })
    expect((await find({ page: '/' }, {})).verdict).toMatchObject({ verdict: 'unknown' })
    expect((await find({ page: '/' }, { '/': answered(500) })).verdict).toMatchObject({
      verdict: 'fail',
    })
  })
})

describe('what a page names', () => {
  const of = (html: string) => partsOf(html, 'https://shop.example.com/a/b')

  it('must be what a browser loads from the same origin, each once', () => {
    expect(
      of(`<SCRIPT async SRC='x.js?v=1&amp;w=2'></script><img alt="a" src=/i.png><img src="/i.png">
        <link rel="canonical" href="/here"><link href="/s.css" rel="preload stylesheet">
        <script src="https://cdn.example.com/y.js"></script><a href="/other">o</a>
        <!-- <img src="/commented.png"> --><img src="data:image/png;base64,AAAA">`),
    ).toEqual(['/a/x.js?v=1&w=2', '/i.png', '/s.css'])
  })

  it('must not be without end', () => {
    const many = Array.from({ length: 200 }, (_, n) => `<img src="/${n}.png">`).join('')
    expect(of(many)).toHaveLength(50)
  })
})
