/**
 * Wider and wider patterns: `blobs/main/*` becomes `blobs/main*`, `blobs/*`, `*`, and `volume#main` becomes `volume#main*`,
 * `volume#*`, `*`.
 */
export function wider(text: string): string[] {
  const patterns = isRole(text) ? widerRoles(text) : [...widerPrefixes(text), '*']
  return [...new Set(patterns)].filter(pattern => pattern !== text)
}

const SEPARATOR = /[/#](?=[^/#]*$)/

function widerPrefixes(text: string): string[] {
  const stem = text.replace(/[/#]?\*$/, '')
  const prefixes: string[] = []
  for (let rest = stem; SEPARATOR.test(rest); ) {
    rest = rest.replace(/[^/#]*$/, '')
    prefixes.push(`${rest}*`)
    rest = rest.slice(0, -1)
  }
  // `blob#*` names a kind of rows; no other kind begins as it does.
  return text.endsWith('*') && !SEPARATOR.test(stem) ? prefixes : [`${stem}*`, ...prefixes]
}

function isRole(text: string): boolean {
  return /^arn:aws:iam::\d+:role\//.test(text)
}

/** Roles are named as somebody likes: one of another qualifier, any of the account, any at all. */
function widerRoles(arn: string): string[] {
  const any = arn.replace(/:role\/.*/, ':role/*')
  return [arn.replace('-hnb659fds-', '-*-'), any, any.replace(/:\d+:/, ':*:')]
}
