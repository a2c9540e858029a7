// What servers with a fixed answer say, and how a server says where it listens.
export const answer =
  '{"item_add_response":{"item":{"created":"2026-01-01 00:00:00","num_iid":610000000001},"request_id":"z7bvc4ms5gfy"}}'
export const contentType = 'text/javascript;charset=UTF-8'
export const listens = (port) => console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
