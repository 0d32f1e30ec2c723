using System.IO.Compression;
using System.Reflection;

namespace Adit.Hub.WebUi;

/// <summary>
/// A file of the web interface, embedded in this assembly: text as <c>.br</c> and <c>.gz</c> only, everything else as it is. Its bytes are read
/// where the assembly is mapped; nothing is kept in memory.
/// </summary>
internal sealed class WebAsset
{
    private static readonly Assembly Assembly = typeof(WebAsset).Assembly;

    private readonly string _resource;

    /// <param name="path">Its path at the hub, without a slash in front.</param>
    /// <param name="validator">Changes when its content does.</param>
    public WebAsset(string path, string validator)
    {
        _resource = WebAssets.Prefix + path;
        ETag = $"\"{validator}\"";
        ContentType = TypeOf(Path.GetExtension(path));
        IsCompressed = Assembly.GetManifestResourceInfo(_resource) is null;
        IsImmutable = path.StartsWith("assets/", StringComparison.Ordinal);
    }

    public string ETag { get; }

    public string ContentType { get; }

    /// <summary>Whether it is there as Brotli and gzip (and not as it is).</summary>
    public bool IsCompressed { get; }

    /// <summary>Whether its name has a hash of its content, so that it never changes.</summary>
    public bool IsImmutable { get; }

    /// <summary>Its bytes in a content coding: <c>br</c>, <c>gzip</c>, or null for none.</summary>
    /// <returns>The bytes, and how many; the number is null when they are decompressed on the way.</returns>
    public (Stream Content, long? Length) Open(string? coding)
    {
        if (!IsCompressed)
            return WithLength(Resource(_resource));
        return coding switch
        {
            "br" => WithLength(Resource(_resource + ".br")),
            "gzip" => WithLength(Resource(_resource + ".gz")),
            _ => (new BrotliStream(Resource(_resource + ".br"), CompressionMode.Decompress), null),
        };
    }

    private static (Stream Content, long? Length) WithLength(Stream content) => (content, content.Length);

    private static Stream Resource(string name) =>
        Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The web interface was built without {name}.");

    private static string TypeOf(string extension) => extension switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".woff2" => "font/woff2",
        ".txt" => "text/plain; charset=utf-8",
        ".json" => "application/json",
        ".png" => "image/png",
        _ => "application/octet-stream",
    };
}
