export const bound = (usual: number, long: number) => (process.env.BLOBS_TEST_LONG ? long : usual)
