namespace Adit.Hub.Edge.Forwarding;

/// <summary>Who may pass a private route; the credentials that open it go no further.</summary>
internal interface IGate
{
    /// <summary>Whether the visit may pass; answers it itself when not, or when its path is the gate's own.</summary>
    /// <returns>Null to pass; otherwise the answer under way.</returns>
    Task? Stop(Visit visit, Route route);

    /// <summary>A Cookie field without the gate's own ticket; null when nothing is left.</summary>
    string? StripCookie(string value);

    /// <summary>An Authorization field; null when it was what opened the gate.</summary>
    string? StripAuthorization(Visit visit, string value);
}
