/**
 * What a login and the calls of its session say they are, where the definition's headers do not say it: platforms
 * turn away what is no browser, and bind a session to the one it began with.
 */
export const BROWSER_USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
