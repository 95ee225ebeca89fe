import { describe, expect, it } from 'vitest'
import { claimConflicts } from './proxy.ts'

const observed = {
  'shop.example.com/': 'shop-production',
  'blog.example.com/': 'blog-production',
  'blog.example.com/feed': 'blog-production',
  '*/': 'demo-staging',
}

describe('claims on domains', () => {
  it('must leave an app its own domains', () => {
    const routes = [{ domain: 'shop.example.com', path: '/api', port: 1 }]
    expect(claimConflicts(observed, 'shop-production', routes)).toEqual([])
  })

  it('must leave free domains to whoever comes first', () => {
    const routes = [{ domain: 'example.com', path: '/', port: 1 }]
    expect(claimConflicts(observed, 'new-production', routes)).toEqual([])
  })

  it("must refuse another path of another app's domain, and name the owner", () => {
    const routes = [{ domain: 'Blog.example.com', path: '/shop', port: 1 }]
    expect(claimConflicts(observed, 'shop-production', routes)).toEqual([
      {
        domain: 'Blog.example.com',
        path: '/shop',
        owner: 'blog-production',
        claim: 'blog.example.com/',
      },
    ])
  })

  it('must let only one app take any name', () => {
    const routes = [{ domain: '*', path: '/', port: 1 }]
    expect(claimConflicts(observed, 'shop-production', routes)).toHaveLength(1)
  })
})
