/**
 * The Content-Security-Policy of every blob. Nothing is loaded and, without `allow-scripts`, nothing runs. An image, a recording or
 * a film that is opened by itself is a page of the browser's own making, though: it has styles in it, and asks for the same URL
 * again as its medium, which has to be of the page's own origin (test/browser).
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin"
