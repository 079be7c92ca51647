/** The page size `2Mi` of a resource such as `hugepages-2Mi`; undefined for another resource. */
export function hugePageSize(resource: string): string | undefined {
  return /^hugepages-(\d+[KMG]i)$/.exec(resource)?.[1];
}
