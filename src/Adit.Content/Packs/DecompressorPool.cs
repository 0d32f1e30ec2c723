using System.Collections.Concurrent;
using ZstdSharp;

namespace Adit.Content.Packs;

/// <summary>Decompressors that are not in use: one holds some hundred kilobytes and is costly to make.</summary>
internal sealed class DecompressorPool : IDisposable
{
    private readonly ConcurrentBag<Decompressor> _idle = [];

    public Decompressor Rent() => _idle.TryTake(out var decompressor) ? decompressor : new Decompressor();

    public void Return(Decompressor decompressor)
    {
        if (_idle.Count < Environment.ProcessorCount)
            _idle.Add(decompressor);
        else
            decompressor.Dispose();
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var decompressor))
            decompressor.Dispose();
    }
}
