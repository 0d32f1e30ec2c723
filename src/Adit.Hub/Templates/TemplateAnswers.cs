using Adit.Hub.Http;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Templates;

/// <summary>How refusals about templates are answered; the tasks slice answers them the same way.</summary>
internal static class TemplateAnswers
{
    /// <summary>Runs a change and answers what it refuses.</summary>
    public static async Task<IResult> OfAsync(Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (TemplateRefusal e)
        {
            return Of(e);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    /// <summary>The answer to a refusal.</summary>
    public static IResult Of(TemplateRefusal refusal) => refusal.Code switch
    {
        TemplateRefusalCode.Invalid => Problems.Invalid(refusal.Message),
        TemplateRefusalCode.Unknown => Problems.Of(StatusCodes.Status404NotFound, "not-found", refusal.Message),
        TemplateRefusalCode.Forbidden => Problems.Forbidden(refusal.Message),
        TemplateRefusalCode.Changed => Problems.Of(StatusCodes.Status412PreconditionFailed, "changed", refusal.Message),
        TemplateRefusalCode.ReadOnly => Problems.Conflict("read-only", refusal.Message),
        TemplateRefusalCode.LimitReached => Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", refusal.Message),
        _ => throw new InvalidOperationException($"The refusal {refusal.Code} has no status.", refusal),
    };
}
