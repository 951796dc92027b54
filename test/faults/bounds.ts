/** How much a test does: as usual, or with BLOBS_TEST_LONG set as much as a release should have seen. */
export const bound = (usual: number, long: number): number => (process.env.BLOBS_TEST_LONG ? long : usual)
