using System.Text.Json;

namespace Adit.Link;

/// <summary>Finds the sentence for people in the body of an error answer.</summary>
internal static class ProblemSentence
{
    /// <summary>The detail or title of a problem document (RFC 9457); anything else as it is.</summary>
    public static string Of(string body)
    {
        if (!body.StartsWith('{'))
            return body;
        try
        {
            using var document = JsonDocument.Parse(body);
            foreach (var member in (ReadOnlySpan<string>)["detail", "title"])
            {
                if (document.RootElement.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String)
                    return value.GetString()!;
            }
        }
        catch (JsonException)
        {
            // Cut off, or no JSON after all.
        }

        return body;
    }
}
