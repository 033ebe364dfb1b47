/* An address of /api/export in, a file on the viewer's disk out, or what went wrong. */
window.cube = window.cube || {};
window.cube.history = window.cube.history || {};
(function (history) {
  "use strict";

  history.download = async function (address) {
    let reply;
    let blob;
    try {
      reply = await fetch(address, { cache: "no-store" });
      if (!reply.ok) return await reply.json();
      blob = await reply.blob();
    } catch (error) {
      return { error: "lost", message: "The file did not arrive whole." };
    }
    const named = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") || "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = named ? named[1] : "history.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return null;
  };
})(window.cube.history);
