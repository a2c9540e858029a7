// (a) node:http with a fixed answer; the body is not even read.
import { createServer } from 'node:http'
import { answer, contentType, listens } from './answer.mjs'

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': contentType, 'content-length': answer.length })
  response.end(answer)
})
server.listen(0, '127.0.0.1', () => listens(server.address().port))
