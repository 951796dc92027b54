import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeRelease } from '../../../release/judge-release.ts'

const from = 'https://github.com/some/blobs'
const release = {
  version: '0.2.0',
  changelog: '# Changelog\n\n## 0.2.0 (2027-01-31)\n\n- More.\n',
  repository: 'git+https://github.com/Some/blobs.git',
}

describe('a release', () => {
  it('is published under the tag of its version, from the repository that it names', () => {
    assert.deepEqual(judgeRelease(release, { tag: 'v0.2.0', from }), [])
  })

  it('is not published under the tag of another version', () => {
    for (const tag of ['v0.2.1', '0.2.0', 'v0.2.0-rc.1'])
      assert.match(judgeRelease(release, { tag, from }).join(), /^the tag is .* is 0\.2\.0$/)
  })

  it('has a day in the changelog', () => {
    for (const line of ['## Unreleased', '## 0.2.0 (unreleased)', '## 0.2.0', '## 0x2.0 (2027-01-31)'])
      assert.match(
        judgeRelease({ ...release, changelog: line }, { tag: 'v0.2.0', from }).join(),
        /^CHANGELOG/,
      )
  })

  it('names no other repository than the one it is published from', () => {
    for (const repository of [undefined, 'https://github.com/some/other'])
      assert.match(
        judgeRelease({ ...release, repository }, { tag: 'v0.2.0', from }).join(),
        /has to be https/,
      )
  })
})
