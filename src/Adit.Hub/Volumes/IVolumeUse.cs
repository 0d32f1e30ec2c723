namespace Adit.Hub.Volumes;

/// <summary>What another slice does with volumes that must not go under it.</summary>
internal interface IVolumeUse
{
    /// <summary>Who writes to a volume now, for people: <c>the task 'demo' of maria</c>; null for nobody.</summary>
    string? UseOf(string volume);
}
