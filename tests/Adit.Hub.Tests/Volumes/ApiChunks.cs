using System.Runtime.InteropServices;
using Adit.Content;
using Adit.Content.Chunks;

namespace Adit.Hub.Tests.Volumes;

/// <summary>The three calls as docs/reference/volumes.md has them, beneath a path, one at a time.</summary>
internal sealed class ApiChunks(HttpClient api, string at) : IChunkStore
{
    public async ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
    {
        var bits = await PostAsync("missing", MemoryMarshal.AsBytes(ids.Span).ToArray(), cancellationToken);
        for (var i = 0; i < ids.Length; i++)
            missing.Span[i] = (bits[i / 8] & (1 << (i % 8))) != 0;
    }

    public async ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) => await PostAsync("add", frame.Bytes.ToArray(), cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task<byte[]> PostAsync(string what, byte[] body, CancellationToken cancellationToken)
    {
        using var answer = await api.PostAsync($"{at}/chunks/{what}", new ByteArrayContent(body), cancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }
}
