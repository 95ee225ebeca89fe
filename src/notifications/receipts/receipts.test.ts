import { describe, expect, it } from 'vitest'
import { sampleEvents, sampleReceipt } from '../../../tests/support/receipts.ts'
import { FORMATS, formatOf, formatted } from './formats.ts'
import { receiptOf } from './receipt.ts'

describe('a receipt', () => {
  it('says what was done, when, by whom, and how it ended', () => {
    expect(sampleReceipt('confirmed')).toMatchObject({
      v: 1,
      run: '20261121-074800-k3f9',
      app: 'shop',
      environment: 'production',
      purpose: 'deploy',
      by: 'ana@laptop',
      startedAt: '2026-11-21T07:48:00.000Z',
      outcome: 'confirmed',
      exit: 0,
      durationMs: 12_300,
      release: 'r42',
      previous: 'r41',
      serving: 'r42',
      commit: { id: 'abcdef0123456789', subject: 'Sell socks', dirty: false },
      because: 'it differs from r41, which serves',
      phases: [{ title: 'connect and read', durationMs: 412, ok: true }],
      images: [{ service: 'web', reference: 'shop:42', id: 'sha256:0123456789abcdef' }],
      findings: [{ about: 'coverage', text: '81 % of lines' }],
      warnings: [{ code: 'TIDY_FAILED' }],
    })
  })

  it('has the last verdict of each check alone', () => {
    expect(sampleReceipt('confirmed').checks).toEqual([
      {
        host: 'a.example.com',
        release: 'r42',
        check: 'web http /health',
        verdict: 'pass',
        text: '200',
      },
    ])
  })

  it('tells checks of the new release from those of the one that was put back', () => {
    const at = '2026-11-21T07:48:09.000Z'
    const [host, check] = ['a.example.com', 'web http /health']
    const proved = { type: 'check-judged', host, check, verdict: 'pass', text: '200' } as const
    const events = [...sampleEvents('rolled-back'), { v: 1 as const, at, event: proved }]
    const told = receiptOf(events).checks.map(({ release, verdict }) => [release, verdict])
    expect(told).toEqual([
      ['r42', 'fail'],
      ['r41', 'pass'],
    ])
  })

  it('of a run that was refused knows no release that serves but the one before', () => {
    expect(sampleReceipt('refused')).toMatchObject({
      outcome: 'refused',
      exit: null,
      serving: 'r41',
      durationMs: 4000,
    })
  })

  it('of a run that goes on has no end', () => {
    expect(sampleReceipt('under-way')).toMatchObject({ endedAt: null, outcome: 'under-way' })
  })

  it('calls a phase that never ended a failed one', () => {
    const events = sampleEvents('refused').filter(({ event }) => event.type !== 'phase-finished')
    expect(receiptOf(events).phases).toEqual([
      { title: 'connect and read', durationMs: null, ok: false },
    ])
  })

  it('can be read from whatever an older version left', () => {
    const odd = { v: 1, at: '2026-11-21T07:48:00.000Z' } as const
    const events = [
      {
        ...odd,
        event: { type: 'plan-made' as const, plan: { hosts: [null, 7], release: 3 }, lines: [] },
      },
      { ...odd, event: { type: 'phase-finished' as const, phase: 'x', durationMs: 1, ok: true } },
    ]
    expect(receiptOf(events)).toMatchObject({ release: null, images: [], phases: [] })
    expect(receiptOf([])).toMatchObject({ run: '', outcome: 'under-way' })
  })
})

const nasty = '<script>alert(1)</script> | `x` & "y" \u0007 ]]>\n# two'
const nastyReceipt = sampleReceipt('rolled-back', {
  by: nasty,
  failures: [{ code: 'X', message: nasty, hint: nasty, evidence: ['```', nasty] }],
  checks: [{ host: 'a', release: 'r42', check: nasty, verdict: 'fail', text: nasty }],
})

describe('a receipt as', () => {
  it.each(FORMATS)('%s tells how it ended, and why', (format) => {
    const text = formatted(sampleReceipt('rolled-back'), format)
    expect(text).toContain('NOT_PROVED'.slice(0, format === 'junit' ? 0 : undefined))
    expect(text).toContain('r42 did not prove itself on a.example.com')
    expect(text).toContain('20261121-074800-k3f9')
    expect(text).toContain('read its last lines above')
    expect(text.endsWith('\n')).toBe(true)
  })

  it('text is lines in columns', () => {
    const lines = formatted(sampleReceipt('confirmed'), 'text').split('\n')
    expect(lines[0]).toBe('shop · production: r42 is deployed and serves')
    expect(lines).toContain('Serves now  r42')
    expect(lines).toContain('  connect and read  0.4s  done')
    expect(lines).toContain('  a.example.com  r42  web http /health  pass  200')
  })

  it('json is all of it', () => {
    expect(JSON.parse(formatted(nastyReceipt, 'json'))).toEqual(nastyReceipt)
  })

  it('html has no tag but its own, and no script', () => {
    const html = formatted(nastyReceipt, 'html')
    expect(html).not.toMatch(/<script/i)
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    const tags = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag))
    expect([...tags].toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(
      'b body code h1 h2 head html meta p pre span style table td th title tr'.split(' '),
    )
  })

  it('markdown lets no text out of its cell, nor out of its block', () => {
    const lines = formatted(nastyReceipt, 'markdown').split('\n')
    const row = lines.find((line) => line.startsWith('| By |')) ?? ''
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(3)
    expect(row).toContain('&lt;script&gt;')
    const fences = lines.filter((line) => /^`{4,}/.test(line))
    expect(fences).toEqual(['````text', '````'])
  })

  it('junit is XML, with what failed', () => {
    const xml = formatted(nastyReceipt, 'junit')
    // oxlint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\u0000-\u0008]/)
    expect(xml).toContain('<testsuites name="belay" tests="4" failures="3" time="12.300">')
    expect(xml.match(/<testcase /g)).toHaveLength(4)
    const open = [...xml.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)].reduce(
      (depth, [, end, , alone]) => depth + (end !== '' ? -1 : alone !== '' ? 0 : 1),
      0,
    )
    expect(open).toBe(0)
  })

  it('a file has the form of its ending', () => {
    const names = ['r.txt', 'r.md', 'a.b/r.JSON', 'r.html', 'r.xml', 'r']
    expect(names.map(formatOf)).toEqual(['text', 'markdown', 'json', 'html', 'junit', 'text'])
  })
})
