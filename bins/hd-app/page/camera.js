// Why there is no camera, in words.

/** Why asking for the camera failed with `error`, as sentences that say what to do. */
export function cameraless(error) {
  if (!window.isSecureContext) {
    return (
      "Browsers lend the camera only to pages that come by https or from the same machine (localhost), and this one " +
      "does not. Choose an image instead."
    );
  }
  if (error.name === "NotAllowedError") {
    return "This page is not allowed to use the camera. Allow it in the browser's settings for this page, or choose an image.";
  }
  if (error.name === "NotReadableError") return "The camera cannot be used: another program may have it. Choose an image instead.";
  return "There is no camera. Choose an image instead.";
}
