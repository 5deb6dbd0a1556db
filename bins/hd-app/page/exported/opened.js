// Says what to do where a folder was opened from a disk: browsers run none of its other scripts then, since those are modules.

if (location.protocol === "file:") {
  const trouble = document.getElementById("trouble");
  trouble.textContent =
    "This folder has to be served, since browsers run no page of several files from a disk. Put it on a host, start " +
    "`python3 -m http.server` in it, or export the page as one file.";
  trouble.hidden = false;
}
