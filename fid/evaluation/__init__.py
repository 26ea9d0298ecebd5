"""One registry of metrics, used by the command and by training; the cache; results with their protocol.

May import: `common.errors`, `common.system`, `common.data`, `fid.metrics`, `fid.protocols`, `fid.inputs`,
`fid.networks`.
"""
