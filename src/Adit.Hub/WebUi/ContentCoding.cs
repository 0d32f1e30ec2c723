using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.WebUi;

/// <summary>Chooses a content coding by Accept-Encoding (RFC 9110 section 12.5.3): of those accepted the smallest.</summary>
internal static class ContentCoding
{
    /// <returns><c>br</c>, <c>gzip</c>, or null for none.</returns>
    public static string? Choose(StringValues accept)
    {
        if (!StringWithQualityHeaderValue.TryParseList(accept, out var accepted))
            return null;
        return Accepts(accepted, "br") ? "br" : Accepts(accepted, "gzip") ? "gzip" : null;
    }

    private static bool Accepts(IList<StringWithQualityHeaderValue> accepted, string coding)
    {
        var said = accepted.FirstOrDefault(a => a.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) ?? accepted.FirstOrDefault(static a => a.Value == "*");
        return said is not null && said.Quality is null or > 0;
    }
}
