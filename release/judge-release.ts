export interface Release {
  version: string
  /** The changelog's text. */
  changelog: string
  /** What the package says of its repository. */
  repository?: string | undefined
}

export interface Published {
  /** Such as `v0.1.0`. */
  tag: string
  /** Where it is published from, such as `https://github.com/owner/name`. */
  from: string
}

/** What keeps a release from being published; nothing where it is right. */
export function judgeRelease(
  { version, changelog, repository }: Release,
  { tag, from }: Published,
): string[] {
  const faults: string[] = []
  if (tag !== `v${version}`)
    faults.push(`the tag is ${tag}, and the version in client/package.json is ${version}`)
  if (!changelog.split('\n').some(line => isDated(line, version)))
    faults.push(`CHANGELOG.md has no section "## ${version} (year-month-day)"`)
  // npm takes no provenance of a package that names another repository, or none.
  if (plain(repository) !== plain(from))
    faults.push(`client/package.json names ${repository ?? 'no repository'}; "repository" has to be ${from}`)
  return faults
}

const isDated = (line: string, version: string) =>
  line.startsWith(`## ${version} (`) && /\(\d{4}-\d{2}-\d{2}\)$/.test(line)

const plain = (url = '') =>
  url
    .replace(/^git\+/, '')
    .replace(/\.git$/, '')
    .toLowerCase()
