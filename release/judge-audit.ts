/** What `npm audit --json` prints, in the part that is read here. */
export interface Audited {
  /** Of a registry that did not answer as one with advisories does. */
  statusCode?: number
  message?: string
  vulnerabilities?: Record<
    string,
    { severity: string; range: string; via: (string | { title: string; url: string })[] }
  >
  metadata?: { dependencies: { total: number } }
}

export interface Verdict {
  /** 0: nothing is known against any package; 1: something is; 2: nobody could tell. */
  status: 0 | 1 | 2
  lines: string[]
}

const WITHOUT_ADVISORIES = [404, 405, 501]

export function judgeAudit({ statusCode, message, vulnerabilities, metadata }: Audited): Verdict {
  if (statusCode !== undefined && WITHOUT_ADVISORIES.includes(statusCode))
    return { status: 2, lines: [`audit: the registry has no advisories to ask for (${statusCode})`] }
  if (vulnerabilities === undefined)
    return { status: 2, lines: [`audit: npm could not tell: ${message ?? 'no reason given'}`] }
  const found = Object.entries(vulnerabilities).map(([name, { severity, range, via }]) => {
    const advisories = via.map(one => (typeof one === 'string' ? one : `${one.title} ${one.url}`))
    return `${severity}: ${name} ${range}: ${advisories.join(', ')}`
  })
  const told = `audit: ${found.length} of ${metadata?.dependencies.total ?? 'the'} packages have advisories`
  return { status: found.length === 0 ? 0 : 1, lines: [...found.sort(), told] }
}
