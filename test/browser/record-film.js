/* Runs in a page, and answers a film in base64. */
;(async () => {
  const canvas = document.createElement('canvas')
  const brush = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' })
  const chunks = []
  recorder.ondataavailable = ({ data }) => chunks.push(data)
  const stopped = new Promise(resolve => {
    recorder.onstop = resolve
  })
  recorder.start()
  for (let hue = 0; hue < 360; hue += 15) {
    brush.fillStyle = `hsl(${hue} 80% 50%)`
    brush.fillRect(0, 0, canvas.width, canvas.height)
    await new Promise(resolve => setTimeout(resolve, 40))
  }
  recorder.stop()
  await stopped
  return btoa(String.fromCharCode(...new Uint8Array(await new Blob(chunks).arrayBuffer())))
})()
