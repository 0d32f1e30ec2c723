using Adit.Api;
using Adit.Hub.Access;

namespace Adit.Hub.Templates;

/// <summary>
/// What other slices need of templates: what a request to start something means. Answers from memory; a template that is published counts
/// at once for whoever asks next, and changes nothing that was resolved before.
/// </summary>
internal interface ITemplates
{
    /// <summary>Makes a request complete: template, version, parameters and placeholders are resolved, and whoever asks may use all of it.</summary>
    /// <param name="request">What is asked for. Its name is that of <paramref name="address"/>, whatever it says itself.</param>
    /// <param name="caller">Who asks, and will own the task.</param>
    /// <param name="address">The task's name and where its main port will be reached.</param>
    /// <exception cref="TemplateRefusal">It cannot be; the message says which parameter or field, and what is allowed.</exception>
    ResolvedTask Resolve(CreateTaskRequest request, Caller caller, TaskAddress address);

    /// <summary>
    /// Refuses to start again, by this caller, what has secrets of a template that the caller may not use any more: they may have new values since.
    /// </summary>
    /// <param name="task">What was resolved before.</param>
    /// <param name="project">The task's project; null for none.</param>
    /// <param name="caller">Who starts it again.</param>
    /// <exception cref="TemplateRefusal">They may not.</exception>
    void CheckAgain(ResolvedTask task, string? project, Caller caller);
}

/// <summary>What a task is called and where its main port is reached: what placeholders of its template stand for.</summary>
/// <param name="Name">The task's name: <c>{{name}}</c>.</param>
/// <param name="Origin">Scheme, host and port as a browser shows them, without a slash: <c>{{origin}}</c>; what follows the scheme is <c>{{host}}</c>.</param>
/// <param name="BasePath">The path that everything is below, with a slash at both ends: <c>{{basePath}}</c>.</param>
internal sealed record TaskAddress(string Name, string Origin, string BasePath = "/")
{
    /// <summary>The host, with its port when that is not the scheme's.</summary>
    public string Host => Origin[(Origin.IndexOf("://", StringComparison.Ordinal) + 3)..];
}

/// <summary>Why a template cannot be used or changed as somebody asked. A closed set, mapped once to status codes in <see cref="TemplateAnswers"/>.</summary>
internal enum TemplateRefusalCode
{
    /// <summary>The request says something that the template does not allow, or the document is none.</summary>
    Invalid,

    /// <summary>There is no such template or version that the caller may see.</summary>
    Unknown,

    /// <summary>There is, and the caller may not use this of it.</summary>
    Forbidden,

    /// <summary>It was changed meanwhile (If-Match).</summary>
    Changed,

    /// <summary>It is shipped with the hub and cannot be removed or changed itself.</summary>
    ReadOnly,

    /// <summary>There are as many as there may be.</summary>
    LimitReached,
}

/// <summary>A refusal with its sentence.</summary>
internal sealed class TemplateRefusal(TemplateRefusalCode code, string message, string? parameter = null) : Exception(message)
{
    public TemplateRefusalCode Code { get; } = code;

    /// <summary>The parameter that is to blame; null for none.</summary>
    public string? Parameter { get; } = parameter;
}
