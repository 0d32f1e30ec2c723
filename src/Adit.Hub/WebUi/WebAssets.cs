using System.Collections.Frozen;
using System.Text;

namespace Adit.Hub.WebUi;

/// <summary>The files of the web interface by their paths, as <c>web/build/embedding.ts</c> listed them; none in a hub built without it.</summary>
internal sealed class WebAssets
{
    /// <summary>What the names of their resources begin with.</summary>
    public const string Prefix = "web/";

    private readonly FrozenDictionary<string, WebAsset> _files;

    private WebAssets(IEnumerable<KeyValuePair<string, WebAsset>> files) => _files = files.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Those of a hub that was built without it.</summary>
    public static WebAssets None { get; } = new([]);

    /// <summary>The page that every path of the interface is; null when the hub was built without it.</summary>
    public WebAsset? Index => _files.GetValueOrDefault("index.html");

    /// <summary>All paths.</summary>
    public IEnumerable<string> Paths => _files.Keys;

    /// <summary>What this assembly has.</summary>
    public static WebAssets Embedded()
    {
        using var list = typeof(WebAssets).Assembly.GetManifestResourceStream(Prefix + "assets.txt");
        if (list is null)
            return None;
        using var lines = new StreamReader(list, Encoding.UTF8);
        var files = new Dictionary<string, WebAsset>(StringComparer.Ordinal);
        while (lines.ReadLine()?.Split('\t') is [var path, var validator])
            files[path] = new WebAsset(path, validator);
        return new WebAssets(files);
    }

    /// <summary>The file at a path of the hub (<c>/assets/index-1a2b.js</c>); null when there is none.</summary>
    public WebAsset? Find(string path) => path.Length > 1 ? _files.GetValueOrDefault(path[1..]) : null;
}
