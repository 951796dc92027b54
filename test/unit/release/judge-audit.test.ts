import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeAudit } from '../../../release/judge-audit.ts'

const metadata = { dependencies: { total: 134 } }

describe('an audit', () => {
  it('is clean where nothing is known against any package', () => {
    const { status, lines } = judgeAudit({ vulnerabilities: {}, metadata })
    assert.deepEqual([status, lines], [0, ['audit: 0 of 134 packages have advisories']])
  })

  it('tells each package that something is known against', () => {
    const advisory = { title: 'Loops for ever', url: 'https://example.com/GHSA-1' }
    const vulnerabilities = {
      some: { severity: 'high', range: '<2.0.1', via: [advisory] },
      other: { severity: 'high', range: '*', via: ['some'] },
    }
    const { status, lines } = judgeAudit({ vulnerabilities, metadata })
    assert.equal(status, 1)
    assert.deepEqual(lines, [
      'high: other *: some',
      'high: some <2.0.1: Loops for ever https://example.com/GHSA-1',
      'audit: 2 of 134 packages have advisories',
    ])
  })

  it('says so in one line where the registry has no advisories, or does not answer', () => {
    for (const statusCode of [404, 405, 501]) {
      const { status, lines } = judgeAudit({ statusCode, message: 'Method Not Allowed' })
      assert.deepEqual(
        [status, lines],
        [2, [`audit: the registry has no advisories to ask for (${statusCode})`]],
      )
    }
    const down = judgeAudit({ message: 'getaddrinfo ENOTFOUND' })
    assert.deepEqual([down.status, down.lines.length], [2, 1])
    assert.equal(judgeAudit({ statusCode: 503, message: 'Service Unavailable' }).status, 2)
  })
})
