// The codecs that kafkajs leaves to its users, from packages without native code.
const { CompressionTypes, CompressionCodecs } = require('kafkajs')
const snappy = require('kafkajs-snappy')
const { lz4Compress, lz4Decompress } = require('@platformatic/wasm-utils')
const zstd = require('@bokuweb/zstd-wasm')

async function install() {
  await zstd.init()
  CompressionCodecs[CompressionTypes.Snappy] = snappy
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async (encoder) => Buffer.from(lz4Compress(encoder.buffer)),
    decompress: async (buffer) => Buffer.from(lz4Decompress(buffer)),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
    decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
  })
}

module.exports = { install }
