import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Refusal } from '../../sandbox/edge/refusal.ts'
import { checkSignedUrl, takeApart } from '../../sandbox/edge/signed-url.ts'
import { codeIn, DISPOSITION, edgeSetting, get, inAnHour, KEY, PATH } from './edge-setting.ts'
import { temporaryDirectory } from './stand-in.ts'

/** The public half of the key with which the examples of CloudFront's documentation were signed in 2009. */
const DOCUMENTED = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDA7ki9gI/lRygIoOjV1yymgx6F
YFlzJ+z1ATMaLo57nL57AavWhb68HYY8EA0GJU9xQdMVaHBogF3eiCWYXSUZCWM/
+M5+ZcdQraRRScucmn6g4EvY2K4W2pxbqH8vmUikPxir41EeBPLjMOzKvbzzQy9e
/zzIQVREKSp/7y1mywIDAQAB
-----END PUBLIC KEY-----
`
const SITE = 'http://d604721fxaaqy9.cloudfront.net'
const seconds = (time: number) => time * 1000

/** `undefined` for a URL that opens, or the code of the refusal. */
function judge(url: string, time: number, address = '127.0.0.1'): string | undefined {
  try {
    checkSignedUrl(takeApart(url), SITE, { PK123456789754: DOCUMENTED }, { time, address })
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

test('agrees with the documented example of a canned policy', () => {
  const signed = [
    '/horizon.jpg?large=yes&license=yes&Expires=1258237200',
    'Signature=Nql641NHEUkUaXQHZINK1FZ~SYeUSoBJMxjdgqrzIdzV2gyEXPDNv0pYdWJkflDKJ3xIu7lbwRpSkG98NBlgPi4ZJpRRnVX4kXAJK6tdNx6FucDB7OVqzcxkxHsGFd8VCG1BkC-Afh9~lOCMIYHIaiOB6~5jt9w2EOwi6sIIqrg_',
    'Key-Pair-Id=PK123456789754',
  ].join('&')
  assert.equal(judge(signed, seconds(1258237199)), undefined)
  assert.equal(judge(signed, seconds(1258237200)), 'AccessDenied')
  assert.equal(judge(signed.replace('license=yes', 'license=no'), seconds(1258237199)), 'AccessDenied')
  const reordered = signed.replace('large=yes&license=yes', 'license=yes&large=yes')
  assert.equal(judge(reordered, seconds(1258237199)), 'AccessDenied')
  assert.equal(judge(`${signed}&Hash-Algorithm=SHA256`, seconds(1258237199)), 'AccessDenied')
})

test('agrees with the documented example of a directory for a network', () => {
  const signed = (path: string) =>
    [
      `${path}?Policy=eyAKICAgIlN0YXRlbWVudCI6IFt7IAogICAgICAiUmVzb3VyY2UiOiJodHRwOi8vZDYwNDcyMWZ4YWFxeTkuY2xvdWRmcm9udC5uZXQvdHJhaW5pbmcvKiIsIAogICAgICAiQ29uZGl0aW9uIjp7IAogICAgICAgICAiSXBBZGRyZXNzIjp7IkFXUzpTb3VyY2VJcCI6IjE0NS4xNjguMTQzLjAvMjQifSwgCiAgICAgICAgICJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTI1ODIzNzIwMH0gICAgICAKICAgICAgfSAKICAgfV0gCn0K`,
      'Signature=cPFtRKvUfYNYmxek6ZNs6vgKEZP6G3Cb4cyVt~FjqbHOnMdxdT7eT6pYmhHYzuDsFH4Jpsctke2Ux6PCXcKxUcTIm8SO4b29~1QvhMl-CIojki3Hd3~Unxjw7Cpo1qRjtvrimW0DPZBZYHFZtiZXsaPt87yBP9GWnTQoaVysMxQ_',
      'Key-Pair-Id=PK123456789754',
    ].join('&')
  const within = '145.168.143.7'
  assert.equal(judge(signed('/training/orientation.avi'), seconds(1258237199), within), undefined)
  assert.equal(judge(signed('/training/a/b'), seconds(1258237199), `::ffff:${within}`), undefined)
  assert.equal(judge(signed('/trainings'), seconds(1258237199), within), 'AccessDenied')
  assert.equal(judge(signed('/training/a'), seconds(1258237200), within), 'AccessDenied')
  assert.equal(judge(signed('/training/a'), seconds(1258237199), '145.168.144.7'), 'AccessDenied')
})

test('agrees with the documented example of everything, for one address and between two times', () => {
  const signed = [
    '/any?Policy=eyAKICAgIlN0YXRlbWVudCI6IFt7IAogICAgICAiUmVzb3VyY2UiOiJodHRwOi8vKiIsIAogICAgICAiQ29uZGl0aW9uIjp7IAogICAgICAgICAiSXBBZGRyZXNzIjp7IkFXUzpTb3VyY2VJcCI6IjIxNi45OC4zNS4xLzMyIn0sCiAgICAgICAgICJEYXRlR3JlYXRlclRoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTI0MTA3Mzc5MH0sCiAgICAgICAgICJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTI1NTY3NDcxNn0KICAgICAgfSAKICAgfV0gCn0K',
    'Signature=rc~5Qbbm8EJXjUTQ6Cn0LAxR72g1DOPrTmdtfbWVVgQNw0q~KHUAmBa2Zv1Wjj8dDET4XSL~Myh44CLQdu4dOH~N9huH7QfPSR~O4tIOS1WWcP~2JmtVPoQyLlEc8YHRCuN3nVNZJ0m4EZcXXNAS-0x6Zco2SYx~hywTRxWR~5Q_',
    'Key-Pair-Id=PK123456789754',
  ].join('&')
  assert.equal(judge(signed, seconds(1241073791), '216.98.35.1'), undefined)
  assert.equal(judge(signed, seconds(1241073790), '216.98.35.1'), 'AccessDenied')
  assert.equal(judge(signed, seconds(1255674716), '216.98.35.1'), 'AccessDenied')
  assert.equal(judge(signed, seconds(1241073791), '216.98.35.2'), 'AccessDenied')
})

const KEYS = {
  ec: ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
}

for (const [type, words] of Object.entries(KEYS)) {
  for (const hash of ['SHA1', 'SHA256'] as const) {
    test(`opens what OpenSSL signed with ${type} and ${hash}, as the documentation pipes it`, async t => {
      const file = join(await temporaryDirectory(), 'key.pem')
      writeFileSync(file, execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'ignore'] }))
      const publicKey = execFileSync('openssl', ['pkey', '-in', file, '-pubout']).toString()
      const { edge, put } = await edgeSetting(t, {}, { K1: publicKey })
      await put(KEY, 'hello')
      const url = `${edge.url}${PATH}?${DISPOSITION}`
      const expires = inAnHour()
      const policy = `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`
      const pipe = `openssl dgst -${hash.toLowerCase()} -sign "$0" | openssl base64 -A | tr -- '+=/' '-_~'`
      const signature = execFileSync('sh', ['-c', pipe, file], { input: policy }).toString()
      const signed = `${url}&Expires=${expires}&Signature=${signature}&Key-Pair-Id=K1`
      const got = await get(hash === 'SHA1' ? signed : `${signed}&Hash-Algorithm=SHA256`)
      assert.deepEqual([got.status, got.body.toString()], [200, 'hello'])
      const other = await get(hash === 'SHA256' ? signed : `${signed}&Hash-Algorithm=SHA256`)
      assert.deepEqual([other.status, codeIn(other)], [403, 'AccessDenied'])
    })
  }
}
