using Adit.Hub.Http;
using Adit.Hub.Storage;
using Adit.Hub.Templates;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks;

/// <summary>How refusals about tasks are answered.</summary>
internal static class TaskAnswers
{
    /// <summary>Runs a change and answers what it refuses.</summary>
    public static async Task<IResult> OfAsync(Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (TaskRefusal e)
        {
            return e.Code switch
            {
                TaskRefusalCode.Invalid => Problems.Invalid(e.Message),
                TaskRefusalCode.NameTaken => Problems.Conflict("name-taken", e.Message),
                TaskRefusalCode.NotEnded => Problems.Conflict("not-ended", e.Message),
                TaskRefusalCode.NeverFits => Problems.Conflict("never-fits", e.Message),
                TaskRefusalCode.OverQuota => Problems.Conflict("over-quota", e.Message),
                TaskRefusalCode.WorkspaceTaken => Problems.Conflict("workspace-taken", e.Message),
                TaskRefusalCode.WorkspaceImpossible => Problems.Conflict("workspace", e.Message),
                TaskRefusalCode.Forbidden => Problems.Forbidden(e.Message),
                TaskRefusalCode.ProjectUnknown => Problems.NotFound(e.Message),
                TaskRefusalCode.KeyUsed => Problems.Of(StatusCodes.Status422UnprocessableEntity, "key-used", e.Message),
                TaskRefusalCode.LimitReached => Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", e.Message),
                _ => throw new InvalidOperationException($"The refusal {e.Code} has no status.", e),
            };
        }
        catch (TemplateRefusal e)
        {
            return TemplateAnswers.Of(e);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }
}
